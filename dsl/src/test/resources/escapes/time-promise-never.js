// Awaits a promise that nothing settles.
// expect: 3 | awaits a promise that nothing settles
await new Promise(() => {});
