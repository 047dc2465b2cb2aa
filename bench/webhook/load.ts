import { Agent, request } from 'node:https';
import { PATHS } from '../../src/admission/webhook-configuration.ts';

/** Milliseconds of each answer, from when its review was due to be sent: what waits behind a slow one counts as slow too. */
export interface Answers {
  readonly milliseconds: readonly number[];
  readonly failures: number;
}

/** Sends reviews at a fixed rate over kept connections, whether or not earlier ones are answered. */
export async function sendAtRate(port: number, body: string, perSecond: number, seconds: number): Promise<Answers> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, rejectUnauthorized: false });
  const milliseconds: number[] = [];
  let failures = 0;
  const pending: Promise<void>[] = [];
  const begun = performance.now();
  const total = perSecond * seconds;
  for (let n = 0; n < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - begun) / 1000) * perSecond) + 1);
    for (; n < due; n += 1) {
      const at = begun + (n * 1000) / perSecond;
      pending.push(send(agent, port, body).then((ok) => void (ok ? milliseconds.push(performance.now() - at) : (failures += 1))));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  agent.destroy();
  return { milliseconds, failures };
}

/** Sends one review after the other. */
export async function sendInTurn(port: number, body: string, count: number): Promise<Answers> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const milliseconds: number[] = [];
  let failures = 0;
  for (let n = 0; n < count; n += 1) {
    const at = performance.now();
    if (await send(agent, port, body)) milliseconds.push(performance.now() - at);
    else failures += 1;
  }
  agent.destroy();
  return { milliseconds, failures };
}

function send(agent: Agent, port: number, body: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const sent = request({ agent, host: '127.0.0.1', port, method: 'POST', path: PATHS.locks, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(response.statusCode === 200 && text.includes('"allowed":')));
    });
    sent.on('error', () => resolve(false));
    sent.end(body);
  });
}
