import { Fault } from '../fault.ts';
import type { Source } from './source.ts';

/** What a URL may take and give; documented in docs/apply.md. */
const TIMEOUT_MS = 30_000;
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_REDIRECTS = 5;

/** Whether a place that somebody typed is to be fetched. */
export function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/**
 * Fetches manifests. Redirects are followed, up to five, but never from https to http.
 *
 * @throws Fault where there is no answer in time, it is no success, too large, or not UTF-8.
 */
export async function fetchText(place: string): Promise<Source> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const name = withoutSecrets(place);
  try {
    const response = await follow(place, signal);
    if (!response.ok) throw new Fault(`Cannot fetch ${name}: it answers ${response.status} ${response.statusText}.`.replace(' .', '.'));
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(await bytesOf(response, name)) };
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault(`Cannot fetch ${name}: ${why(error, signal)}.`, { cause: error });
  }
}

async function follow(place: string, signal: AbortSignal): Promise<Response> {
  let url = new URL(place);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await fetch(url, {
      signal,
      redirect: 'manual',
      headers: { accept: 'application/yaml, application/json, text/plain, */*' },
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    if (url.protocol === 'https:' && next.protocol !== 'https:') {
      throw new Fault(
        `Cannot fetch ${withoutSecrets(place)}: it leads to ${withoutSecrets(next.href)}, which anybody on the way could change.`,
      );
    }
    url = next;
  }
  throw new Fault(`Cannot fetch ${withoutSecrets(place)}: it is redirected more than ${MAX_REDIRECTS} times.`);
}

async function bytesOf(response: Response, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body = (response.body ?? []) as AsyncIterable<Uint8Array> | readonly Uint8Array[];
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MAX_BYTES)
      throw new Fault(`Cannot fetch ${name}: it is larger than ${MAX_BYTES / 1024 / 1024} MiB. Save it, and name the file.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A URL for messages: without a password, and without a query, in which signed URLs carry theirs. */
function withoutSecrets(place: string): string {
  if (!URL.canParse(place)) return place;
  const { origin, pathname } = new URL(place);
  return origin + pathname;
}

function why(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return `it gave no whole answer within ${TIMEOUT_MS / 1000} s`;
  if (error instanceof TypeError && /encoded data was not valid/.test(error.message)) return 'it is not text in UTF-8';
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
