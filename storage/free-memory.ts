/** Frees the memory of bytes at once. V8 would let many megabytes gather first. */
import { isArrayBuffer } from 'node:util/types';

/**
 * Empties the array. Memory that is shared with other arrays is kept, as for short Buffers in Node.
 */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === buffer.byteLength && isArrayBuffer(buffer)) buffer.transfer(0);
}
