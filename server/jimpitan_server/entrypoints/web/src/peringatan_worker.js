// Shows an alert that was pushed to this browser, and opens what it is about when touched.
const PAGE = "/admin/peringatan";

self.addEventListener("push", (event) => {
  const { title, body, url } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag: url, data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url || PAGE, location.origin);
  // A push service cannot write what we sent, yet only our own pages are opened.
  event.waitUntil(clients.openWindow(url.origin === location.origin ? url.href : PAGE));
});
