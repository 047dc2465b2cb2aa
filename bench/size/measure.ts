import { janus } from '../contenders/janus.ts';
import { memoryOf } from '../measure/memory.ts';
import { allRequests } from '../measure/requests.ts';
import { takeSample } from '../measure/sample.ts';
import type { ApiServer } from '../site/api-server.ts';
import { makeInitial, makeNamespace } from '../site/namespace.ts';
import type { Site } from '../site/site.ts';
import type { Load } from './loads.ts';

/** What one load took. Sizes in bytes as stored, memory in MiB. */
export interface SizeFigures {
  readonly title: string;
  readonly items: number;
  readonly outcome: string;
  readonly seconds: number;
  readonly requestsAnItem: number;
  readonly memoryAtRest: number;
  readonly memoryPeak: number;
  readonly largestStatus: number;
  readonly largestRecord: number;
  readonly beforeImages: number;
}

interface Listed {
  readonly items: readonly { readonly type?: string; readonly data?: { readonly payload?: string }; readonly status?: unknown }[];
}

/** Carries out a load with an operator that has just started, so that its memory is that of this load. */
export async function measureSize(site: Site, load: Load, at: number): Promise<SizeFigures> {
  const started = await janus.start(site);
  if ('missing' in started) throw new Error(started.missing);
  try {
    const { pid = 0 } = started;
    const rest = await memoryOf(pid);
    const namespace = `size-${site.id}-${String(at)}`;
    const job = load.job(namespace);
    await makeNamespace(site.api, namespace);
    await makeInitial(site.api, job);
    const armed = await started.arm(job);
    const sample = await takeSample(site.api, { namespace, items: load.items }, () => armed.fire());
    const peak = await memoryOf(pid);
    return {
      title: load.title,
      items: load.items,
      outcome: sample.outcome,
      seconds: sample.milliseconds / 1000,
      requestsAnItem: allRequests(sample.requests) / load.items,
      memoryAtRest: rest?.resident ?? 0,
      memoryPeak: peak?.peak ?? 0,
      ...(await stored(site.api, namespace)),
    };
  } finally {
    await started.stop();
  }
}

async function stored(api: ApiServer, namespace: string): Promise<Pick<SizeFigures, 'largestStatus' | 'largestRecord' | 'beforeImages'>> {
  const transactions = await api.get<Listed>(`/apis/tx.janus.io/v1alpha1/namespaces/${namespace}/transactions`);
  const secrets = await api.get<Listed>('/api/v1/namespaces/janus-system/secrets');
  const payloads = (type: string): number[] =>
    secrets.items.filter((one) => one.type === type).map(({ data }) => Buffer.byteLength(data?.payload ?? '', 'base64'));
  return {
    largestStatus: Math.max(...transactions.items.map(({ status }) => JSON.stringify(status ?? {}).length)),
    largestRecord: Math.max(0, ...payloads('tx.janus.io/record')),
    beforeImages: payloads('tx.janus.io/before-images').reduce((sum, bytes) => sum + bytes, 0),
  };
}
