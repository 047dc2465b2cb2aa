import type { ApiServer } from './api-server.ts';

const KINDS = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'];

/** Deletes the webhook configurations whose names begin with `janus`: without their server they would refuse writes. */
export async function removeWebhooks(api: ApiServer): Promise<void> {
  for (const kind of KINDS) {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}`;
    const list = await api.get<{ items: { metadata: { name: string } }[] }>(path);
    const ours = list.items.filter(({ metadata }) => metadata.name.startsWith('janus'));
    await Promise.all(ours.map(({ metadata }) => api.must('DELETE', `${path}/${metadata.name}`)));
  }
}
