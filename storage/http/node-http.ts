/**
 * Node's HTTP, loaded as what it is. An ES import would evaluate every name that it exports, WebSocket among them, which brings in the client
 * behind fetch: a sixth of the start of a function.
 */
export const { Agent: HttpAgent, request: httpRequest } = process.getBuiltinModule('node:http');
