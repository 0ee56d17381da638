// Makes an array longer than any.
// expect: 3 | RangeError
new Array(2 ** 32);
