// Gives each frame the height of its page, within bounds.
"use strict";

const LOWEST = 120, HIGHEST = 900;

addEventListener("message", ({ source, data }) => {
  const frame = [...document.querySelectorAll("iframe")].find(one => one.contentWindow === source);
  if (frame === undefined || typeof data?.height !== "number") return;
  frame.style.height = `${Math.min(Math.max(data.height, LOWEST), HIGHEST)}px`;
});
