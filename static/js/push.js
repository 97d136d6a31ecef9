// Turns notifications on for this browser, and off. Without this script the rest of the page of reminders works.

import { leavePushes, pushes, register } from "./phone/app.js";

const PATIENCE = 15_000; // milliseconds until it counts as failed that no worker starts

const panel = document.querySelector("form[data-push]");
const here = document.querySelector("form[data-push-here]");

function say(word) {
  for (const words of document.querySelectorAll("[data-push-says]")) words.hidden = words.dataset.pushSays !== word;
}

function bytes(key) {
  const plain = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

async function registration() {
  const known = await navigator.serviceWorker.getRegistration("/");
  if (!known) await register();
  const late = new Promise((_, refuse) => { setTimeout(refuse, PATIENCE); });
  return Promise.race([navigator.serviceWorker.ready, late]);
}

async function subscribed(key) {
  const { pushManager } = await registration();
  const options = { userVisibleOnly: true, applicationServerKey: bytes(key) };
  // An older one may listen to another key of this site, or belong to somebody who has left.
  await (await pushManager.getSubscription())?.unsubscribe();
  return pushManager.subscribe(options);
}

async function turnOn() {
  say("wait");
  // Asked first: a browser lets a page ask only while the tap is fresh.
  if ((await Notification.requestPermission()) !== "granted") return say("denied");
  try {
    const { endpoint, keys } = (await subscribed(panel.dataset.push)).toJSON();
    panel.elements.endpoint.value = endpoint;
    panel.elements.p256dh.value = keys.p256dh;
    panel.elements.auth.value = keys.auth;
    panel.submit();
  } catch {
    say("failed");
  }
}

const isApple = /iPhone|iPad/.test(navigator.userAgent) || (/Mac/.test(navigator.platform) && navigator.maxTouchPoints > 1);

async function begin() {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    say(isApple ? "home" : "none");
  } else if (Notification.permission === "denied") {
    say("denied");
  } else {
    // What the server knows and the browser has forgotten can be turned on again.
    panel.hidden = Boolean(here && (await pushes()));
  }
}

if (panel) {
  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    turnOn();
  });
  begin();
}
here?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await leavePushes();
  here.submit();
});
