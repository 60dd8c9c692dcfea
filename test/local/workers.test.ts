/** A server whose requests are answered by two processes. */
import { Agent, request } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { sha256Of } from '../fixtures/sha256-of.ts';
import { type LogLine, type Served, Servings } from './served.ts';

const servings = new Servings();
afterEach(() => servings.removeAll());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Each agent holds one connection, so that its requests go to one process. */
function ask(
  agent: Agent,
  url: string,
  options: {
    readonly method?: string;
    readonly token?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Buffer | string;
  } = {},
): Promise<Answer> {
  const { method = 'GET', token, headers, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece)).on('error', reject);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: Buffer.concat(pieces).toString(),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** One connection to each process, in the order of their turns. */
async function connections({ url }: Served): Promise<readonly [Agent, Agent]> {
  const agents = [0, 1].map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
  for (const agent of agents) await ask(agent, `${url}/healthz`);
  const [one, other] = agents;
  if (one === undefined || other === undefined) throw new Error('there are two');
  return [one, other];
}

async function publish(agent: Agent, { url, token }: Served, packageId: string): Promise<void> {
  const bytes = Buffer.from(`the bytes of ${packageId}`);
  const announced = await ask(agent, `${url}/v1/versions/1.0.0/packages`, {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      packageId,
      ext: 'bin',
      size: bytes.length,
      sha256: sha256Of(bytes),
    }),
  });
  expect(announced.status).toBe(201);
  const { upload } = JSON.parse(announced.text);
  const put = await ask(agent, upload.request.url, {
    method: 'PUT',
    headers: { ...upload.request.headers, expect: '100-continue' },
    body: bytes,
  });
  expect(put.status).toBe(200);
  const complete = `${url}/v1/versions/1.0.0/packages/${packageId}/complete`;
  expect((await ask(agent, complete, { method: 'POST', token })).status).toBe(200);
}

async function download(agent: Agent, { url, token }: Served, name: string): Promise<string> {
  const link = await ask(agent, `${url}/packages/1.0.0/${name}`, { token });
  expect(link.status).toBe(302);
  return (await ask(agent, String(link.headers['location']))).text;
}

describe('two processes', () => {
  test('publish and serve the same packages, whichever is asked', async () => {
    const served = await servings.start(await servings.folder(), {}, 1);
    const agents = await connections(served);

    for (const [index, agent] of agents.entries()) await publish(agent, served, `tool-${index}`);

    for (const agent of agents) {
      expect(await download(agent, served, 'tool-0.bin')).toBe('the bytes of tool-0');
      expect(await download(agent, served, 'tool-1.bin')).toBe('the bytes of tool-1');
    }
    for (const agent of agents) agent.destroy();
  });

  test('see at once what the other one has written, and refuse the same', async () => {
    const served = await servings.start(await servings.folder(), {}, 1);
    const [one, other] = await connections(served);
    const { url, token } = served;
    await publish(one, served, 'tool');

    for (const agent of [one, other]) {
      const yanked = `${url}/v1/versions/1.0.0/packages/tool`;
      await ask(agent, `${yanked}/yank`, { method: 'POST', token });
      for (const asked of [one, other])
        expect((await ask(asked, `${url}/packages/1.0.0/tool.bin`, { token })).status).toBe(410);
      await ask(agent, `${yanked}/restore`, { method: 'POST', token });
      for (const asked of [one, other])
        expect((await ask(asked, `${url}/packages/1.0.0/tool.bin`, { token })).status).toBe(302);
    }
    for (const agent of [one, other]) {
      expect((await ask(agent, `${url}/packages/1.0.0/tool.bin`)).status).toBe(401);
      expect((await ask(agent, `${url}/packages/1.0.0/none.bin`, { token })).status).toBe(404);
      expect((await ask(agent, `${url}/none`)).status).toBe(404);
      expect((await ask(agent, `${url}/v1/versions`, { method: 'PATCH', token })).status).toBe(405);
      agent.destroy();
    }
  });

  test('take one of several uploads that race for a name, from any process', async () => {
    const served = await servings.start(await servings.folder(), {}, 1);
    const agents = await connections(served);
    const { url, token } = served;

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        ask(agents[index % 2] ?? agents[0], `${url}/v1/versions/1.0.0/packages`, {
          method: 'POST',
          token,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            packageId: 'tool',
            ext: 'bin',
            size: 5,
            sha256: sha256Of(Buffer.from(`byte${index}`)),
          }),
        }),
      ),
    );

    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
    for (const agent of agents) agent.destroy();
  });

  test('go on answering while one of them is killed under load, and it is replaced', async () => {
    const served = await servings.start(await servings.folder(), {}, 1);
    const { url, token, book } = served;
    const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    for (const agent of agents) await ask(agent, `${url}/healthz`);
    await publish(agents[0] ?? new Agent(), served, 'tool');
    const isAnswer = (line: LogLine) => line['msg'] === 'a worker answers';
    const { pid } = await book.line(isAnswer);

    let isOver = false;
    const loads = agents.map(async (agent) => {
      let answered = 0;
      let broken = 0;
      while (!isOver) {
        try {
          const answer = await ask(agent, `${url}/packages/1.0.0/tool.bin`, { token });
          expect(answer.status).toBe(302);
          answered += 1;
        } catch {
          broken += 1;
        }
      }
      return { answered, broken };
    });
    process.kill(Number(pid), 'SIGKILL');
    const replacing = await book.line((line) => isAnswer(line) && line['pid'] !== pid);
    isOver = true;
    const reports = await Promise.all(loads);
    for (const agent of agents) agent.destroy();

    // The connections of the killed one break, and their clients are answered on new ones.
    expect(replacing['pid']).not.toBe(pid);
    expect(reports.filter(({ broken }) => broken === 0)).toHaveLength(4);
    expect(reports.filter(({ broken }) => broken > 0)).toHaveLength(4);
    expect(reports.every(({ answered }) => answered > 0)).toBe(true);
    expect(book.lines).toContainEqual(
      expect.objectContaining({
        pid,
        signal: 'SIGKILL',
        msg: 'a worker ended, another one is started',
      }),
    );
  });
});
