// Queues jobs that queue jobs.
// expect: 130 | it ran longer than --max-time 2s
// options: --max-time 2s
// process: -Xmx512m
const again = () => Promise.resolve().then(again); await again();
