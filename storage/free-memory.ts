/** Frees the memory of bytes that nobody looks at any more, where V8 would first let many megabytes of it gather. */
import { isArrayBuffer } from 'node:util/types';

/** Whoever still holds the bytes sees none from now on. Bytes that share their memory with others stay, as short ones do in Node. */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === buffer.byteLength && isArrayBuffer(buffer)) buffer.transfer(0);
}
