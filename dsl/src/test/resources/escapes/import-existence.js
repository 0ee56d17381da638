// Asks what exists by the words of a refusal.
// expect: 0
import { args, check } from "lens";
const words = async path => { try { await import(path); return ""; } catch (error) { return error.message; } };
const there = await words("../secret/secret.js"), absent = await words("../secret/absent.js");
check("the words are the same", there !== "" && there.replaceAll("secret.js", "absent.js") === absent);
const under = await words(args.secret + "/secret.js/x"), nowhere = await words(args.secret + "/absent.js/x");
check("also below a file", under !== "" && under.replaceAll("secret.js", "absent.js") === nowhere);
const linked = await words("./up/secret/secret.js"), dangling = await words("./up/secret/absent.js");
check("also through a link", linked !== "" && linked.replaceAll("secret.js", "absent.js") === dangling);
