export async function collectView() { return []; }
