import type { KubeObject } from '../../kube/object.ts';
import { equalValues, isMap, own } from './value.ts';

/** Whether two states of an object are equal apart from managedFields and resourceVersion: such a write changes nothing (storage migration). */
export function sameApart(before: KubeObject, after: KubeObject): boolean {
  return equalValues(bare(before), bare(after));
}

function bare(object: KubeObject): unknown {
  const metadata = own(object, 'metadata');
  if (!isMap(metadata)) return object;
  const { managedFields: _managedFields, resourceVersion: _resourceVersion, ...rest } = metadata;
  return { ...object, metadata: rest };
}
