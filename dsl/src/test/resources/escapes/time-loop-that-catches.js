// Catches what would end it.
// expect: 130 | it ran longer than --max-time 2s
// options: --max-time 2s
function again() { try { for (;;) {} } catch { again(); } finally { for (;;) {} } }
again();
