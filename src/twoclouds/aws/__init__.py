"""Amazon SageMaker AI as its wire shows it: a module per noun. What is not SageMaker or its logs is answered by moto."""
