// Reads a QR code with the camera: by the browser where it can, else by a library that is
// fetched from our own server when it is first needed. Typing is always possible instead.
import { h } from "./dom.js";
import { t } from "./words.js";

const LOOK_EVERY_MS = 150;
const WIDTH_MAX = 800;

// Answers the text of the code, or null when the person closed the camera. Throws a sentence.
export async function scan(title) {
  const stream = await camera();
  const video = h("video", { playsinline: true, muted: true });
  video.srcObject = stream;
  const dialog = h("dialog", { class: "camera", "aria-label": title }, video, h("p", {}, title),
    h("button", { type: "button", onclick: () => dialog.close() }, t("Tutup kamera")));
  document.body.append(dialog);
  dialog.showModal();
  try {
    await video.play();
    return await look(video, dialog, await reader());
  } finally {
    stream.getTracks().forEach((track) => track.stop());
    dialog.remove();
  }
}

async function camera() {
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1280 } },
    });
  } catch {
    throw new Error(t("Kamera tidak dapat dipakai. Izinkan kamera di setelan peramban, atau ketik kodenya."));
  }
}

async function look(video, dialog, read) {
  while (dialog.open) {
    const text = video.videoWidth ? await read(video) : null;
    if (text) return text;
    await new Promise((go) => setTimeout(go, LOOK_EVERY_MS));
  }
  return null;
}

export async function reader() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => []);
  if (formats?.includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  let decode;
  try {
    decode = (await import("qr/decode.js")).default;
  } catch {
    throw new Error(t("Pemindai belum ada di HP ini. Hubungkan ke internet sekali, atau ketik kodenya."));
  }
  const canvas = document.createElement("canvas");
  return (video) => {
    const scale = Math.min(1, WIDTH_MAX / video.videoWidth);
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return decode(pen.getImageData(0, 0, canvas.width, canvas.height));
    } catch {
      return null; // no code in this picture
    }
  };
}
