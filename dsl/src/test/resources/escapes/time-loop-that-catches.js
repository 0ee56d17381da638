// Catches what would end it.
// expect: 130 | --max-time
// options: --max-time 2s
// process: -Xmx512m
function again() { try { for (;;) {} } catch { again(); } finally { for (;;) {} } }
again();
