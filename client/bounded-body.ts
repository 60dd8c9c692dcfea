/**
 * Reads the text of an answer up to a limit: a service may be hostile, and an answer without an end
 * would fill the memory.
 */
import { StowageError } from './stowage-error.ts';

/** Bytes that may still be read, after unpacking; shared by the pages of a list. */
export interface ByteBudget {
  left: number;
}

/**
 * @param most what this one answer may have
 * @param budget what it may have together with others; what was read is taken from it
 * @throws StowageError BAD_ANSWER where there is more; what breaks off throws as `fetch` does
 */
export async function readWithin(
  response: Response,
  most: number,
  budget?: ByteBudget,
): Promise<string> {
  const limit = Math.min(most, budget?.left ?? most);
  const own = { left: limit };
  const text = await readAtMost(response, own);
  if (budget !== undefined) budget.left -= limit - Math.max(own.left, 0);
  if (own.left >= 0) return text;
  throw new StowageError(
    'BAD_ANSWER',
    `the answer is longer than the ${limit} bytes that it may have`,
    {
      status: response.status,
    },
  );
}

/**
 * The first bytes as text, where the rest does not matter; the end of a character may be missing.
 */
export function readBeginning(response: Response, most: number): Promise<string> {
  return readAtMost(response, { left: most });
}

/** Stops reading at the limit; `left` is negative then. */
async function readAtMost(response: Response, budget: ByteBudget): Promise<string> {
  if (response.body === null) return '';
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    budget.left -= value.length;
    if (budget.left < 0) {
      await reader.cancel();
      return text + decoder.decode(value.subarray(0, value.length + budget.left));
    }
    text += decoder.decode(value, { stream: true });
  }
}
