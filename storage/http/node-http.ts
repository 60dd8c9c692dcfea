/**
 * Node's HTTP modules, loaded without an ES import. An import would evaluate every export, including
 * WebSocket, which loads the client behind fetch. That takes a sixth of the start of a function.
 */
export const { Agent: HttpAgent, request: httpRequest } = process.getBuiltinModule('node:http');
export const { Agent: HttpsAgent, request: httpsRequest } = process.getBuiltinModule('node:https');
