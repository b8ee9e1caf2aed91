// Lets this browser be told: asks for leave, subscribes, and sends the form with what came of it.
const WORKER = "/admin/peringatan/sw.js";
const SCOPE = "/admin/peringatan/";
const form = document.querySelector("form[data-push]");

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

async function subscribe() {
  await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
  const registration = await navigator.serviceWorker.ready; // this page lies in the scope
  const there = await registration.pushManager.getSubscription();
  const wanted = { userVisibleOnly: true, applicationServerKey: bytes(form.dataset.push) };
  const subscription = there ?? (await registration.pushManager.subscribe(wanted));
  form.elements.alamat.value = JSON.stringify(subscription);
  form.submit();
}

if (form && "serviceWorker" in navigator && "PushManager" in window) {
  form.hidden = false;
  form.querySelector("button").addEventListener("click", () => {
    subscribe().catch(() => {
      form.querySelector("[role=status]").textContent = form.dataset.refused;
    });
  });
}
