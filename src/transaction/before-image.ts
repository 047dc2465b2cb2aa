import type { KubeObject } from '../kube/object.ts';
import { managersOf } from './field-manager.ts';
import { withoutLabel } from './lock-label.ts';

/** A locked object as it was before: without the label and without what our own managers own. */
export function beforeImageOf(object: KubeObject, transaction: { readonly uid: string }): KubeObject {
  const ours = managersOf(transaction);
  const { managedFields = [], ...metadata } = object.metadata;
  const others = managedFields.filter((entry) => !ours(entry.manager ?? ''));
  return withoutLabel({ ...object, metadata: { ...metadata, managedFields: others } });
}
