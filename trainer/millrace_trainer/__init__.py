"""Trains, measures and explains models for Millrace: files in, one ONNX file and a report out."""
