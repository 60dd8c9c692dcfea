/** Parses requests by the contract. The only part of the chain that loads the schemas: who never needs them does not pay for them. */
import type { ZodMiniType } from 'zod/mini';
import { CONTRACT, type OperationContract } from '../../api/contract.ts';
import type { OperationId } from '../../api/routes.ts';
import { emptyBody } from '../../api/schemas/requests.ts';
import { ServiceError } from '../../core/errors.ts';
import type { Call } from './call.ts';
import { describeIssues } from './describe-issues.ts';

/** @throws INVALID_INPUT that names every faulty field of the first of path, query and body that is wrong */
export function parseRequest(id: OperationId, call: Call): void {
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
