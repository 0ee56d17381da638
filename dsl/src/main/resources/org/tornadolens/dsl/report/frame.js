addEventListener("load", () => {
  const tell = () => {
    const style = getComputedStyle(document.body);
    const height = document.body.offsetHeight + parseFloat(style.marginTop) + parseFloat(style.marginBottom);
    parent.postMessage({ height: Math.ceil(height) }, "*");
  };
  new ResizeObserver(tell).observe(document.body);
  tell();
});
