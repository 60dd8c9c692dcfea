/**
 * The paths of the console, and the function of CloudFront that finds its page: a bucket has no
 * index of a folder.
 */
import { CONSOLE_PAGE } from '../../core/console.ts';
import { CONSOLE_FOLDER } from '../../core/layout.ts';

const ADDRESS = `/${CONSOLE_FOLDER}/`;

/** Of the behaviour: also the address without its slash. */
export const CONSOLE_PATHS = `${CONSOLE_FOLDER}*`;

/**
 * In the JavaScript of CloudFront (runtime 2.0).
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
export const FIND_PAGE = `function handler({ request }) {
  if (request.uri === '${ADDRESS.slice(0, -1)}')
    return { statusCode: 308, headers: { location: { value: '${ADDRESS}' } } };
  if (request.uri === '${ADDRESS}') request.uri = '${ADDRESS}${CONSOLE_PAGE}';
  return request;
}
`;
