SELECT a.file_name, b.file_name FROM demo.images a JOIN demo.images b USING (image_id)
TO RUN registry.example.org/vision/other:1 CMD "program.py" INTO demo.found;
SELECT colour FROM demo.images
TO RUN registry.example.org/vision/other:1 CMD "program.py" INTO demo.found;
