// Numbers that travel as base64: 16-bit and 32-bit floats, little-endian.

function bytesOf(base64) {
  const text = atob(base64),
    bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const floatsOf = base64 => new Float32Array(bytesOf(base64).buffer);

const halvesOf = base64 => new Uint16Array(bytesOf(base64).buffer);

/** The value of every 16-bit float that is not negative. */
const HALVES = Float32Array.from({ length: 0x7c00 }, (_, bits) => {
  const exponent = bits >> 10,
    fraction = bits & 1023;
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});
