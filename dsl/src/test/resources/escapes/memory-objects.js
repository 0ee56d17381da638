// Makes objects for ever.
// expect: 5 | out of memory
// options: --max-time 120s
// process: -Xmx256m
const all = []; for (let i = 0; ; i++) all.push({ i, text: "number " + i });
