"""Result tables turned into pictures and pages."""
