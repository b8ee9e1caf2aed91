export async function receiptView() { return []; }
