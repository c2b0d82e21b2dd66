"""What the command ``skfi`` does, a file for each step; TensorFlow is loaded when it is needed."""
