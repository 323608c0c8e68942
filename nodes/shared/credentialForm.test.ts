import type { INodeProperties } from 'n8n-workflow';
import { manifests } from '../../src/broker/registry';
import { brokerOfCredential, credentialProperties } from './credentialForm';

const form = credentialProperties();

function shownFor(kind: string): readonly INodeProperties[] {
	return form.filter(({ displayOptions }) => displayOptions?.show?.broker?.includes(kind));
}

describe('the credential form', () => {
	it('asks for the broker first, and offers every one', () => {
		expect(form[0]).toMatchObject({
			name: 'broker',
			options: manifests.map(({ kind, label }) => ({ name: label, value: kind })),
		});
	});

	it('has no two fields of the same name', () => {
		const names = form.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
	});

	it.each(manifests)('shows every field of $label, and hides its secrets', (manifest) => {
		const shown = shownFor(manifest.kind).filter(({ type }) => type !== 'notice');
		expect(shown).toHaveLength(manifest.fields.length);
		const hidden = shown.filter(({ typeOptions }) => typeOptions?.password).length;
		expect(hidden).toBe(manifest.fields.filter(({ secret }) => secret).length);
	});

	it.each(manifests)('reads back the defaults of $label where nothing is required', (manifest) => {
		if (manifest.fields.some(({ required }) => required)) return;
		const data = Object.fromEntries(shownFor(manifest.kind).map((property) => [property.name, property.default]));
		expect(brokerOfCredential({ broker: manifest.kind, ...data }).manifest).toBe(manifest);
	});

	it('refuses a broker that does not exist', () => {
		expect(() => brokerOfCredential({ broker: 'carrier-pigeon' })).toThrow(
			expect.objectContaining({ code: 'settings' }),
		);
	});
});
