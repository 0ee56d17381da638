// Looks for other ways to open a connection.
// expect: 0
import { check } from "lens";
const names = ["XMLHttpRequest", "WebSocket", "EventSource", "RTCPeerConnection", "navigator", "Request"];
check("there are none", names.every(name => !(name in globalThis)));
