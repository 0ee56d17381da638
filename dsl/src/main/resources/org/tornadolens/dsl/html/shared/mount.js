// Starts the view of the page: its section holds the data as JSON.

if (window.parent !== window) document.body.className = "framed";
const section = document.querySelector("section.view");
views[section.dataset.view](section, JSON.parse(section.querySelector("script").textContent));
