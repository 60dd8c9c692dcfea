/**
 * Reads the text of an answer up to a limit. A hostile service could send an endless answer, which
 * would fill the memory.
 */
import { StowageError } from './stowage-error.ts';

/** How many more bytes may be read, counted after decompression; shared by the pages of a list. */
export interface ByteBudget {
  left: number;
}

/**
 * @param most limit for this answer
 * @param budget limit that this answer shares with others; it is reduced by what was read
 * @throws StowageError BAD_ANSWER if there is more; a broken connection throws what `fetch` throws
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
 * The first bytes as text, for callers that do not need the rest. The last character may be cut.
 */
export function readBeginning(response: Response, most: number): Promise<string> {
  return readAtMost(response, { left: most });
}

/** Stops reading at the limit; `left` is then negative. */
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
