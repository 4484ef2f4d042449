"""What any plan needs: context and progress, baseline, suspects, control repeats, line monitor."""
