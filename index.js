/** The host-free library, for services in Node that take part in the event bus. n8n itself loads dist/nodes directly. */
module.exports = require('./dist/src/index.js');
