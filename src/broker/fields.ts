/**
 * A setting of a broker, described once: the credential form, the check of values and the docs follow from it.
 */
export interface Field {
	/** camelCase; the key in the settings, in the URL's query and in the credential. */
	readonly name: string;
	readonly label: string;
	readonly type: 'text' | 'multiline' | 'number' | 'boolean' | 'choice';
	/** Only for `choice`. */
	readonly choices?: readonly { readonly value: string; readonly label: string; readonly help?: string }[];
	/** Heading of the form it stands under; '' = at the top. */
	readonly section: string;
	readonly default: string | number | boolean;
	/** 'ms', 'bytes', 'days'; part of the label in the form. */
	readonly unit?: string;
	readonly help: string;
	readonly placeholder?: string;
	readonly secret?: boolean;
	readonly required?: boolean;
	/** Shown only while another field of the same broker has one of these values. */
	readonly showWhen?: { readonly field: string; readonly in: readonly (string | number | boolean)[] };
}
