import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { subdomainFault } from '../../src/api/object-name.ts';
import { defaultNames } from '../../src/cli/change-name.ts';

const change = (name: string, kind = 'ConfigMap', namespace?: string) => ({
  type: 'Patch',
  kind,
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

describe('defaultNames', () => {
  test('are transaction, type and name in lower case', () => {
    expect(defaultNames('move-db', [change('Settings')])).toEqual(['move-db-patch-settings']);
  });

  test('have the kind where two changes would get one name, and only there', () => {
    expect(defaultNames('t', [change('web', 'Deployment'), change('web', 'Service'), change('api')])).toEqual([
      't-patch-deployment-web',
      't-patch-service-web',
      't-patch-api',
    ]);
  });

  test('have the namespace too where the kind is not enough', () => {
    expect(defaultNames('t', [change('web', 'Service', 'a'), change('web', 'Service', 'b')])).toEqual([
      't-patch-service-a-web',
      't-patch-service-b-web',
    ]);
  });

  test('are numbered where nothing tells two changes apart', () => {
    expect(defaultNames('t', [change('web', 'Service', 'a'), change('web', 'Service', 'a')])).toEqual([
      't-patch-service-a-web-1',
      't-patch-service-a-web-2',
    ]);
  });

  test('replace what cannot stand in a name', () => {
    expect(defaultNames('t', [change('system:node_reader')])).toEqual(['t-patch-system-node-reader']);
    expect(defaultNames('t', [change('a..b-.c:')])).toEqual(['t-patch-a.b.c']);
  });

  test('are cut, and end in a hash that tells them apart, where they would be too long', () => {
    const [first = '', second = ''] = defaultNames('t'.repeat(250), [change('a'), change('b')]);
    expect(first.length).toBeLessThanOrEqual(253);
    expect(first).not.toBe(second);
  });

  test('are valid names, whatever the objects are called', () => {
    const name = fc.string({ minLength: 1, maxLength: 260, unit: fc.constantFrom(...'aZ0.-:_'.split('')) });
    fc.assert(
      fc.property(fc.array(fc.record({ name, kind: name, namespace: name }), { minLength: 1, maxLength: 5 }), (objects) => {
        const names = defaultNames(
          'txn',
          objects.map((object) => ({ ...object, type: 'Create' })),
        );
        for (const one of names) expect(subdomainFault(one)).toBeUndefined();
      }),
    );
  });
});
