import { recordAt, type Check } from '../history.ts';
import { same } from '../intrusion.ts';
import { LABEL } from '../locks.ts';
import type { KubeObject } from '../../../src/kube/object.ts';

/** Once a transaction has ended, none of its writes changes anything but its labels. */
export const quietAfterEnd: Check = (timeline) =>
  timeline.writes.flatMap(({ key, revision, by, before, after }) => {
    const grant = by?.grant;
    const record = grant === undefined ? undefined : recordAt(timeline, grant.transaction, revision);
    if (grant === undefined || (record?.phase !== 'Committed' && record?.phase !== 'RolledBack')) return [];
    if (before !== undefined && after !== undefined && same(unlabelled(before), unlabelled(after))) return [];
    const words = `a write by a grant to ${grant.action} landed after its transaction was ${record.phase}`;
    return [{ rule: 'late-write', revision, object: key, transaction: grant.transaction, words }];
  });

function unlabelled(object: KubeObject): KubeObject {
  const { [LABEL]: _lock, ...labels } = object.metadata.labels ?? {};
  const { labels: _all, ...metadata } = object.metadata;
  return { ...object, metadata: Object.keys(labels).length === 0 ? metadata : { ...metadata, labels } };
}
