SELECT '表', '😀' FROM t
	TO RUN millrace/worker CMD '検出' '😀';
