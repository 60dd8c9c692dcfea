/** Content negotiation of the stable link: JSON is for those who name it. */

const TYPE = 'application/json';
const QUALITY = /^q=([01](?:\.\d{0,3})?)$/;

/** Whether `Accept` names application/json with a quality above 0 (RFC 9110 section 12.5.1); a wildcard alone does not. */
export function asksForJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '*/*') return false;
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.toLowerCase().split(';');
    return type.trim() === TYPE && parameters.every((parameter) => !isRefusal(parameter.trim()));
  });
}

/** `q=0`, or a quality that is none. */
function isRefusal(parameter: string): boolean {
  return parameter.startsWith('q=') && !(Number(QUALITY.exec(parameter)?.[1]) > 0);
}
