"""What the chapters offer a class besides their stages: exercises with worked answers. It uses chapters and engines."""
