import { expect, test } from 'vitest';
import { implement } from '../../src/dbus/implement.ts';
import { propertiesChanged } from '../../src/dbus/properties-changed.ts';
import { jsonOf } from './question.ts';

const description = {
  name: 'org.example.Clock',
  properties: {
    Hour: { type: 'u', emits: 'true' },
    Text: { type: 's', emits: 'true' },
    Days: { type: 'as', emits: 'invalidates' },
    Zone: { type: 's', emits: 'const' },
    Second: { type: 'u', emits: 'false' },
  },
  methods: {},
  signals: {},
} as const;

const clock = implement<typeof description, number>(description, {
  properties: {
    Hour: (hour) => hour,
    Text: async (hour) => `${hour} o'clock`,
    Days: () => ['Monday'],
    Zone: () => 'UTC',
    Second: () => 0,
  },
  methods: {},
});

test('changed properties are told with their values, or by name', async () => {
  const signal = await propertiesChanged(clock, ['Text', 'Days', 'Hour'], 8);
  expect(signal).toMatchObject({ interface: 'org.freedesktop.DBus.Properties', member: 'PropertiesChanged' });
  expect(signal.signature).toBe('sa{sv}as');
  expect(jsonOf(signal.body)).toEqual([
    'org.example.Clock',
    [
      ['Text', { signature: 's', value: "8 o'clock" }],
      ['Hour', { signature: 'u', value: 8 }],
    ],
    ['Days'],
  ]);
});

test('changes of others are not', async () => {
  await expect(propertiesChanged(clock, ['Zone'], 8)).rejects.toThrow('org.example.Clock.Zone are not told');
  await expect(propertiesChanged(clock, ['Second'], 8)).rejects.toThrow('org.example.Clock.Second are not told');
  await expect(propertiesChanged(clock, ['constructor'], 8)).rejects.toThrow('has no property constructor');
});
