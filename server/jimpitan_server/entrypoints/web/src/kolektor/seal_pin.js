// Seals a PIN to the server's public key (RSA-OAEP, SHA-256): nothing on this phone can open it,
// and what is sealed is different each time, so no PIN can be tried against it.
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };

export async function sealPin(key, { collection_id, witness, pin, total_idr }) {
  const spki = Uint8Array.from(atob(key.spki), (letter) => letter.charCodeAt(0));
  const to = await crypto.subtle.importKey("spki", spki, OAEP, false, ["encrypt"]);
  const plain = new TextEncoder().encode(JSON.stringify({ collection_id, witness, pin, total_idr }));
  const sealed = new Uint8Array(await crypto.subtle.encrypt(OAEP, to, plain));
  return { witness, sealed: btoa(String.fromCharCode(...sealed)), sealed_key: key.id };
}
