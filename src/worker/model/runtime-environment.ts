// onnxruntime reads these while it is being loaded, and imports are hoisted: hence a module of its own.

// Versions from 1.29 on send telemetry otherwise.
process.env.ORT_DISABLE_TELEMETRY = '1';

// CUDA's libraries round the inputs of float32 products to TF32's 10 bits otherwise: on an H200, YOLOv5n's boxes then differ from the
// CPU's by up to 0.34 px and 0.003 in score, and one box in 333 crosses the threshold; with float32 they differ by 0.0005 px.
// https://developer.nvidia.com/blog/accelerating-ai-training-with-tf32-tensor-cores/
process.env.NVIDIA_TF32_OVERRIDE ??= '0';
