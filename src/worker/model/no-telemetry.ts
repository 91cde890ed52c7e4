// onnxruntime from 1.29 on reads this while it is being loaded, and imports are hoisted: hence a module of its own.
process.env.ORT_DISABLE_TELEMETRY = '1';
