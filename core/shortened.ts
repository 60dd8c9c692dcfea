/** What was got, as messages quote it: JSON text of at most 80 characters of it. */
const QUOTED_MAX = 80;

export function shortened(text: string): string {
  return JSON.stringify(text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}...` : text);
}
