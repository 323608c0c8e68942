/**
 * Who we are for Google, and how the link to it is secured.
 */
import { createSecureContext } from 'node:tls';
import { GoogleAuth, googleAuthLibrary, grpc } from 'google-gax';
import { messageOf } from '../../kernel/errors';
import type { PubSubSettings } from './settings';

const SCOPE = 'https://www.googleapis.com/auth/pubsub';

export interface Login {
	readonly auth: GoogleAuth;
	/** Absent: what the client makes of the login, over TLS with the authorities that Node knows. */
	readonly sslCreds?: grpc.ChannelCredentials;
}

export function loginOf(settings: PubSubSettings): Login {
	const { emulator, account, project, tls } = settings;
	if (emulator !== null) {
		const auth = new GoogleAuth({ authClient: new googleAuthLibrary.PassThroughClient() });
		return { auth, sslCreds: grpc.credentials.createInsecure() };
	}
	const auth = new GoogleAuth({
		scopes: [SCOPE],
		...(project === '' ? {} : { projectId: project }),
		...(account === null ? {} : { credentials: { client_email: account.email, private_key: account.privateKey } }),
	});
	const { ca, cert, rejectUnauthorized } = tls;
	const isUsual = ca === undefined && cert === undefined && rejectUnauthorized !== false;
	return isUsual ? { auth } : { auth, sslCreds: securedBy(tls, auth) };
}

function securedBy(tls: PubSubSettings['tls'], auth: GoogleAuth): grpc.ChannelCredentials {
	const { ca, cert, key, passphrase, rejectUnauthorized } = tls;
	const context = createSecureContext({ ca, cert, key, passphrase });
	const link = grpc.credentials.createFromSecureContext(context, { rejectUnauthorized: rejectUnauthorized !== false });
	const login = grpc.credentials.createFromMetadataGenerator(({ service_url: url }, done) => {
		auth
			.getRequestHeaders(url)
			.then((headers) => {
				const metadata = new grpc.Metadata();
				headers.forEach((value, name) => metadata.set(name, value));
				done(null, metadata);
			})
			.catch((error: unknown) => done(new Error(messageOf(error), { cause: error })));
	});
	return grpc.credentials.combineChannelCredentials(link, login);
}
