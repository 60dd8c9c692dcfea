/** Parses path, query and body by the contract, so that handlers get the types of the domain. */
import type { OperationId } from '../../api/routes.ts';
import type { Middleware, OperationCall } from './call.ts';
import { isPlainPath, isPlainQuery, PLAIN_OPERATIONS } from './plain-path.ts';
import { tokenRequired } from './public-access.ts';

type Parser = typeof import('./parse-request.ts').parseRequest;

/** Loaded at its first use. A function that always needs it imports parse-request.ts itself. */
let parser: Parser | undefined;

/** @throws INVALID_INPUT that names every faulty field of the first of path, query and body that is wrong */
export function validation(id: OperationId): Middleware {
  return {
    before: ({ event: call }) => {
      if (
        PLAIN_OPERATIONS.has(id) &&
        call.body === undefined &&
        isPlainPath(call.event.pathParameters ?? {}) &&
        isPlainQuery(call.event.queryStringParameters ?? {})
      )
        return;
      if (parser === undefined) return loadAndParse(id, call);
      parse(parser, id, call);
    },
  };
}

async function loadAndParse(id: OperationId, call: OperationCall): Promise<void> {
  parser = (await import('./parse-request.ts')).parseRequest;
  parse(parser, id, call);
}

/** Who may not be allowed in learns that first (RFC 9110 section 15.5.2). */
function parse(parser: Parser, id: OperationId, call: OperationCall): void {
  try {
    parser(id, call);
  } catch (error) {
    throw call.lacksToken ? tokenRequired() : error;
  }
}
