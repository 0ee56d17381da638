// Makes objects for ever. A heap that is full again while the error is handled ends the process by Java (1).
// expect: 5,1
// options: --max-time 120s
// process: -Xmx256m
const all = []; for (let i = 0; ; i++) all.push({ i, text: "number " + i });
