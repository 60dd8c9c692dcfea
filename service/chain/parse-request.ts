/**
 * Parses requests by the contract. It is a file of its own because it loads the schemas: functions
 * that do not need them at once start faster.
 */
import type { ZodMiniType } from 'zod/mini';
import { CONTRACT, type OperationContract } from '../../api/contract.ts';
import type { OperationId } from '../../api/routes.ts';
import { emptyBody } from '../../api/schemas/requests.ts';
import { ServiceError } from '../../core/errors.ts';
import type { OperationCall } from './call.ts';
import { describeIssues } from './describe-issues.ts';

/**
 * Parses path, query and body, in this order.
 * @throws INVALID_INPUT for the first of them that is wrong, with the wrong fields
 */
export function parseRequest(id: OperationId, call: OperationCall): void {
  const { path, query, body = emptyBody }: OperationContract = CONTRACT[id];
  call.path = parse('path', path, call.path);
  call.query = parse('query', query, call.query);
  if (call.body !== undefined) call.body = parse('body', body, call.body);
}

function parse(where: string, schema: ZodMiniType, input: unknown): unknown {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new ServiceError(
    'INVALID_INPUT',
    describeIssues(where, schema, input, result.error.issues),
  );
}
